"""The classroom in the browser: two economies that share every random draw, side by side."""
