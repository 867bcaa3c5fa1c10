variable "region" {
  type        = string
  default     = "eu-west-1"
  description = "AWS Region of the server."
}

variable "name" {
  type        = string
  default     = "shop"
  description = "Name of images and tier; names of AWS objects begin with it."
}

variable "master" {
  type = object({
    instance_id       = string
    private_ip        = string
    security_group_id = string
  })
  description = "The server that is there already: its id, its private address, and a security group that it has."
}

variable "public_subnet_ids" {
  type        = list(string)
  description = "Public subnets of the server's VPC, in at least two zones, for the load balancer."
}

variable "private_subnet_ids" {
  type        = list(string)
  description = "Private subnets of the server's VPC, in the same zones, for the clones."
}

variable "content_paths" {
  type        = list(string)
  default     = ["/var/www"]
  description = "Folders that the clones fetch from the server."
}

variable "release" {
  type        = string
  default     = "1"
  description = "What runs on the server. Another value makes a new image, and rolls the clones."
}

variable "instance_type" {
  type        = string
  default     = "t3.small"
  description = "EC2 instance type of the clones."
}

variable "deletion_protection" {
  type        = bool
  default     = true
  description = "Refuse to destroy the tier. Apply false before a destroy."
}
