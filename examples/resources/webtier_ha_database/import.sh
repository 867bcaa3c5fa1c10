# A database is imported by its name, in the account and Region of the provider.
terraform import webtier_ha_database.shop shop
