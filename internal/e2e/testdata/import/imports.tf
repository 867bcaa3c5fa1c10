import {
  to = webtier_network.this
  id = "shop"
}

import {
  to = webtier_multi_server.this
  id = "shop"
}
