"""What a researcher does with the model: run, compare, store, run again."""
