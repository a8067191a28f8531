"""Backup and restore of all services' databases at one moment, and the proof that nothing forked."""
