"""The guide: what people ask, found by their own words; no table, no clock."""
