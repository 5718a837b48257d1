"""Whether two records are of one person: levels, weights, five explanations, guards, and the reasons."""
