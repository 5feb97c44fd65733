"""What a person looks at: circuits."""
