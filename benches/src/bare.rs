//! The yardstick: actix-web with one endpoint, two workers' worth of nothing around it.

use std::io::Write as _;

use actix_web::{App, HttpResponse, HttpServer, web};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let server = HttpServer::new(|| {
        App::new().route(
            "/",
            web::get().to(|| async { HttpResponse::Ok().content_type("application/json").body("{\"status\":\"ok\"}") }),
        )
    });
    let server = server.bind(("127.0.0.1", 0))?;
    let address = server.addrs().first().copied().ok_or_else(|| std::io::Error::other("no address"))?;
    writeln!(std::io::stdout(), "{address}")?;
    server.run().await
}
