output "url" {
  value = module.shop.url
}
