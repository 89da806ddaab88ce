-- Version 4: finding an asset by any part of its name, serial, asset tag or owning unit, and by whom else it was seen.

-- Assets in the order in which a search shows them, with a number that VACUUM keeps.
CREATE TABLE asset_key (
    no     INTEGER NOT NULL PRIMARY KEY,
    ledger INTEGER NOT NULL,
    asset  TEXT    NOT NULL,
    UNIQUE (ledger, asset),
    FOREIGN KEY (ledger, asset) REFERENCES asset (ledger, id) ON DELETE CASCADE
) STRICT;

-- The overlapping pairs of characters of each text (crates/field/src/search.rs spells them); its rowid is `asset_key.no`.
CREATE VIRTUAL TABLE asset_words USING fts5 (
    name, serial, asset_tag, owning_unit,
    content = '', contentless_delete = 1, tokenize = 'ascii'
);

CREATE TRIGGER asset_key_goes_with_its_words
AFTER DELETE ON asset_key
BEGIN
    DELETE FROM asset_words WHERE rowid = OLD.no;
END;

-- The ledger versions whose assets can all be searched; one pulled by older software is made so at the first search.
CREATE TABLE searchable (
    ledger INTEGER NOT NULL PRIMARY KEY REFERENCES ledger (no) ON DELETE CASCADE
) STRICT;

CREATE INDEX draft_sighting_of_asset ON draft_sighting (asset) WHERE asset <> '';
