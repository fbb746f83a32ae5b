"""Pages and addresses that are neither USSD nor SMS: callbacks, health, metrics, the phone."""
