DELETE FROM visit_place
