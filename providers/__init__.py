"""The outside world's protocols, one provider a file. Each implements the ports of topup/ports.py."""
