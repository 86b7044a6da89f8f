"""What a reader sees of a result: figures, tables, the report, and the folder that holds them."""
