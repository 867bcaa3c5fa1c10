# Images are imported by the name of their series, in the account and Region of the provider.
terraform import webtier_clone_server_image.shop shop
