"""What a training leaves in a folder of its own, opened again."""
