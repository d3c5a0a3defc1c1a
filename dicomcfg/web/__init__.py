"""Pages: views, forms, tables and filters, one module a resource."""
