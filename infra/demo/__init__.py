"""The demo account: a made-up maker of e-bikes, its agents and forty conversations."""
