"""Asks an HTTP API over and over, and logs how it answers."""
