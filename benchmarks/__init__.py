"""Speed and memory of the model: a plain-Mesa peer of the same rules, a memory floor, and a profile by stage."""
