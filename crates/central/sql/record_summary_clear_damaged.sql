UPDATE record_summary SET damaged = 0 WHERE damaged <> 0
