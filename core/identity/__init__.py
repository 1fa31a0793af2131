"""Who somebody is elsewhere: sign-ins under way, further identities, who only looks."""
