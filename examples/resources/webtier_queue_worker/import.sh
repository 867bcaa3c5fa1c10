# A queue and its workers are imported by their name, in the account and Region of the provider.
terraform import webtier_queue_worker.thumbnails thumbnails
