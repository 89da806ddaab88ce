DELETE FROM asset_standing
