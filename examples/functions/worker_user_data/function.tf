output "user_data" {
  value = provider::webtier::worker_user_data("/opt/thumbnails/make --to s3://shop-thumbnails", {
    timeout     = 120
    user        = "nobody"
    environment = { QUALITY = "80" }
    setup       = "dnf -y install ImageMagick"
  })
}
