"""A body that closes the loop: blood, liver, pancreas and gut, and tissues of our own cells that take up the glucose.

Glucose and insulin in the blood follow Dalla Man, Rizza, Cobelli (2007), whose uptake under insulin is replaced by that
of muscle and fat cells, as agents or as their mean field. What is asked of a body is a test that clinicians do: a
clamp, a glucose drink, a meal, or a night without food. See docs/body.md, also for what this does not claim.

    body = Body.of()                                               # the healthy man, 78 kg
    result = simulate(body, Clamp(insulin=40.0))                   # mean-field cells
    result = simulate(body, Clamp(), agents=True, seed=1)          # sampled cells
    result.numbers["m_3h"], result.series["glucose"]
"""
