"""The actions. Each is one script call and the mapping of its outcome to a result or an error."""
