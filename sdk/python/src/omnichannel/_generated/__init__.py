# Generated from the contract by tools/generate.py. Do not edit.
"""What follows from the contract."""
