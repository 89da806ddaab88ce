-- How each ledger asset came out in each reconciled rack, so that the two sides of a move meet although two inspectors signed
-- them. Part of the read model of V4: derived from records, and nothing is ever proved with it. `standing` is
-- seen_at_home, seen_elsewhere, missing or unverified.
CREATE TABLE asset_standing (
    record_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    round_id TEXT NOT NULL,
    asset_id TEXT NOT NULL,
    rack_id TEXT NOT NULL,
    standing TEXT NOT NULL,
    PRIMARY KEY (record_id, place)
);
CREATE INDEX asset_standing_asset ON asset_standing (round_id, asset_id, standing);

-- The ledger's asset (empty for one it does not have), and field by field what ledger, rack and orders say.
ALTER TABLE discrepancy_summary ADD COLUMN asset_id TEXT NOT NULL DEFAULT '';
ALTER TABLE discrepancy_summary ADD COLUMN differences TEXT NOT NULL DEFAULT '[]';
