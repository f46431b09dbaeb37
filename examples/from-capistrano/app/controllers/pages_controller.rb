class PagesController < ActionController::Base
  before_action { response.headers["X-Release"] = Rails.configuration.x.release }

  def show
    Order.create!(item: "visit") if params[:order]
    @orders = Order.count
  end

  def slow
    sleep 1
    render plain: "Version #{Rails.configuration.x.version}"
  end
end
