"""Rights under 個資法: what is held, copied, stopped and deleted, and until when it is kept."""
