"""What is measured, one module for what belongs together."""
