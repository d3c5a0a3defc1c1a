"""The standard's names and codes: UIDs, AE titles, rejections, results, statuses."""
