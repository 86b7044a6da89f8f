"""What firms trade, earn and owe, and who leaves and enters."""
