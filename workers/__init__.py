"""What is owed to the world, done: one kind of work a file, each safe to run twice."""
