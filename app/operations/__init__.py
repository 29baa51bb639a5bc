"""What an operator needs besides running the server: backup and restore, and checks that the data is sound."""
