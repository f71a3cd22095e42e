"""What keeps an office running: the check-up, backups, housekeeping."""
