"""What the notebook shows, as parts."""
