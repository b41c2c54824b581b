"""What pages and notebooks print of claims and cases."""
