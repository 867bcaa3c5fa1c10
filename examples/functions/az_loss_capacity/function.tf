# 4: of six servers in three zones, two are lost with a zone.
output "left" {
  value = provider::webtier::az_loss_capacity(6, 3)
}
