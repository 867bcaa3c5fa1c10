# A network is imported by its name, in the account and Region of the provider.
terraform import webtier_network.shop shop
