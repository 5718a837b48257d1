"""The program ``vantrexia``: everything an operator does at the console."""
