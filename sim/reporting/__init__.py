"""How figures, tables and numbers look, the same in every study.

    figure_style   colours, the page of a figure, legends and axes
    time_courses   curves over time, with the times of insulin shaded
    numbers        numbers and units as people read them
    markdown       text and tables in Markdown
    templates      reports from templates (*.md.jinja)

Of glut4sim it imports only the types of `analysis`.
"""
