"""Staff pages: what chat cannot carry. Every look at children leaves an audit entry."""
