"""Tests of the body: a clamp, a glucose drink, a meal or a night without food, with cells that take up the glucose."""
