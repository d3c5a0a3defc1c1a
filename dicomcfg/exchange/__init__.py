"""Files in and out of the inventory: kept imports, previews, applying."""
