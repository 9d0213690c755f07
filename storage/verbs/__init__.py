"""The verbs, one module per noun. Each is a plain function over a link, one atomic step; none may begin or end one."""
