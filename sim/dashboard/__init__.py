"""The live dashboard: a simulated cell in the browser, to watch and to change while it runs."""
