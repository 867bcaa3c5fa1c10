# A tier is imported by its name, in the account and Region of the provider.
terraform import webtier_multi_server.shop shop
