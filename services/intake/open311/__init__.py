"""公开接口: Open311 GeoReport v2, for programs of others. What it shows and takes: `docs/open311.md`."""
