"""What packet gateways ask and are told: whose address it is, whether its line may pass, and when a line is back."""
