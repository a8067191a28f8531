"""附件: photos and voice that came with a matter. Cleaned, sealed with the person's key, kept outside the database."""
